/** Injection token of PUBLIC_URL, as letters name it. */
export const siteUrlToken = Symbol('SiteUrl');

/** Injection token of MailConfig. */
export const mailConfigToken = Symbol('MailConfig');
