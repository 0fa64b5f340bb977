import { Type } from 'typebox';

export const Email = Type.String({
  format: 'email',
  maxLength: 254,
  description: 'Unique without regard to case',
});

/** A password as it is offered at login: whatever it is, up to the bound that keeps hashing cheap. */
export const OfferedPassword = Type.String({ minLength: 1, maxLength: 256 });

export const AvatarUrl = Type.String({
  format: 'uri',
  pattern: '^https://[^\\s\\u0000]{1,1992}$',
  description: 'https, at most 2000 characters',
});
