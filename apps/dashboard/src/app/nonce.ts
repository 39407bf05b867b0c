import { setNonce } from 'get-nonce';

/** Under which the policy of this page lets scripts add style sheets; fresh with each load. */
export const nonce = document.querySelector<HTMLMetaElement>('meta[property="csp-nonce"]')?.nonce ?? '';

/** For the library that stops the page behind a dialog from scrolling. */
setNonce(nonce);
