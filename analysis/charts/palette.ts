/** Okabe and Ito (2008), in an order whose luminances differ, so that it also reads in grey; grey, olive, and the wine of Tol's muted scheme (2021) for more. */
export const COLOURS = [
  '#0072B2',
  '#E69F00',
  '#009E73',
  '#CC79A7',
  '#56B4E9',
  '#D55E00',
  '#7F7F7F',
  '#000000',
  '#B2A100',
  '#882255',
];
