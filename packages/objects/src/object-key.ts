declare const brand: unique symbol;

/** Names an object: made by the platform, never from text of a user. */
export type ObjectKey = string & { readonly [brand]: 'ObjectKey' };

/** `attachments/<uuid>`, `previews/<uuid>/home/layout.json`: segments of letters, digits, `_` and `-`, the last with an extension or without. */
const wellFormed = /^[A-Za-z0-9_-]{1,64}(\/[A-Za-z0-9_-]{1,64}){1,7}(\.[a-z0-9]{1,8})?$/;

/** Whether the text can be a key: no dot segments, no absolute path, nothing hidden, 2 to 8 segments. */
export function isObjectKey(text: string): text is ObjectKey {
  return wellFormed.test(text);
}

/** @throws TypeError where it is none: keys are our own, so that is a mistake of ours. */
export function objectKey(text: string): ObjectKey {
  if (!isObjectKey(text)) throw new TypeError('not a key of an object');
  return text;
}
