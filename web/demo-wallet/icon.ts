const SVG = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="6" fill="#ecd9a8"/><g fill="#2a1e03" transform="translate(5 5) scale(.6875)"><path d="M20 1.54A15 15 0 1 0 20 30.46V26H12V18.6H20V13.4H12V6H20Z"/><path opacity=".62" d="M21.5 2.05A15 15 0 0 1 21.5 29.95V24.5H13.5V20.1H21.5V11.9H13.5V7.5H21.5Z"/></g></svg>`;

export const ICON = `data:image/svg+xml;base64,${btoa(SVG)}` as const;
export const NAME = 'Demo wallet (play money)';
