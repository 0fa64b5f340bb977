/** The request never left, so nothing was done and even a POST may be sent again. */
const neverSent = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);
/** The connection broke under way: the other side may have acted. */
const brokenUnderWay = new Set(['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET']);
/** The other side was there and said nothing for too long. */
const silence = new Set(['UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT']);

/** Whether it is known that the other side got nothing. */
export const isNeverSent = (error: unknown): boolean => neverSent.has(codeOf(error));

/** Whether there was no connection, or it broke. What may be sent twice may be sent again. */
export const isConnectionError = (error: unknown): boolean =>
  isNeverSent(error) || brokenUnderWay.has(codeOf(error));

/** Whether the other side took the request and gave no answer, or went silent in the midst of it. */
export const isSilence = (error: unknown): boolean => silence.has(codeOf(error));

/** The system's or undici's code; `fetch` has it in the cause of its error. */
function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return '';
  return 'code' in error && typeof error.code === 'string' ? error.code : codeOf(error.cause);
}
