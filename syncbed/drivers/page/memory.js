/**
 * What a tab remembers from one document to the next: how many documents it has had, so that chance does not
 * repeat itself after a reload, and whether time is held. Kept in `sessionStorage`, under one key.
 */
(bed) => {
  const key = `__held ${bed.run} ${bed.tab}`;
  let remembered = { document: 0, held: bed.held };

  bed.remember = (news) => {
    remembered = { ...remembered, ...news };
    try {
      sessionStorage.setItem(key, JSON.stringify(remembered));
    } catch {
      // No storage: about:blank, a sandboxed frame, a full disk. Then this document begins as it was told to.
    }
  };

  try {
    remembered = JSON.parse(sessionStorage.getItem(key)) ?? remembered;
  } catch {
    // As above.
  }
  // What is opened again under an old name remembers nothing, and must not draw what was drawn before.
  bed.document = Math.max(remembered.document, bed.first);
  bed.remember({ document: bed.document + 1 });
  bed.held = remembered.held;
}
