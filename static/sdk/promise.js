/**
 * A promise that is settled from outside. It may reject with nobody listening: whatever it is about is told
 * in another way too.
 *
 * @returns {PromiseWithResolvers<any>}
 */
export const openPromise = () => {
  const opened = Promise.withResolvers();
  opened.promise.catch(() => {});
  return opened;
};
