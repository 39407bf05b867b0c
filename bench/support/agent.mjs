/** One browser for all requests: a session that changes its browser is news to who watches for thieves. */
export const userAgent = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0';
