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
  bed.remember({ document: remembered.document + 1 });
  bed.document = remembered.document;
  bed.held = remembered.held;
}
