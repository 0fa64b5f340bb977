import { Text } from '@hivesync/contracts';

/**
 * A password as it is typed, bounded so that preparing and hashing stay cheap. What may be chosen as one is asked of the
 * prepared text, whose length may be another: see `preparePassword`.
 */
export const OfferedPassword = Text(1_024, { min: 1 });

export const NewPassword = Text(1_024, {
  min: 1,
  description:
    'At least 10 characters, at most 256 bytes in UTF-8, and none of the most common ones; all asked of its NFKC form',
});
