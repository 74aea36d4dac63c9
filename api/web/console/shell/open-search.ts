let open = () => {};

/** Says how the search is opened: the frame that holds it does. */
export const opensSearch = (opener: () => void) => (open = opener);

/** Opens the search, as Ctrl+K does. */
export const openSearch = () => open();
