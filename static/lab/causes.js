export const causeOf = (rows, i, relation) => [];
