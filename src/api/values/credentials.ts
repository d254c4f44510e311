/** Credentials in a URL, in whatever text it stands. The scheme is bounded, since any text of letters may begin one. */
const CREDENTIALS = /([a-z][a-z0-9+.-]{0,30}:\/\/)[^\s/@]*@/gi;

/** A text without the credentials of the URLs in it. */
export function withoutCredentials(text: string): string {
  return text.replaceAll(CREDENTIALS, '$1***@');
}
