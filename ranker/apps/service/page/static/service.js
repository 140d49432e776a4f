// Service: where it is.

export const root = document.documentElement.dataset.root; // what stands before every path
