import common from '@zxcvbn-ts/language-common';

/**
 * Long enough and common, but not in the library's list: it leaves out what its own estimator finds by rule (repeats,
 * runs over the keyboard), and knows neither this product nor these years.
 */
const others = `
  0000000000 00000000000 000000000000 0123456789 0987654321 1111111111 11111111111 111111111111 1212121212
  121212121212 123123123123 1231231231 1234512345 147852369a 159357159357 1qaz2wsx3e 2222222222 3333333333
  5555555555 6666666666 7777777777 8888888888 9876543210 9999999999 aa12345678 aaaaaaaaaa abc1234567
  abcd1234567 abcdefghij adminadmin admin12345 admin123456 adminpassword asdasdasdasd asdf123456
  asdfasdfasdf asdfghjkl; asdfqwer1234 changeme123 changemenow computer123 iloveyou1234 iloveyouso
  letmein1234 minecraft1 monkey12345 mypassword1 p@ssw0rd12 p@ssw0rd123 p@ssword123 pa55word123 passw0rd12
  passw0rd123 password12345 password2024 password2025 qwer123456 qwertyqwerty secret1234 starwars12
  sunshine12 sunshine123 trustno1234 welcome1234 zaq1zaq1zaq1 zxcvbnmasd hivesync123 hivesynchivesync
  `;

/** In lower case, some 50,000: all of ten characters and more among the 3,000 most common, and many after those. */
const commonPasswords: ReadonlySet<string> = new Set([
  ...common.dictionary['passwords-common'],
  ...others.trim().split(/\s+/),
]);

/** @param text as it is compared: in its NFKC form. Case makes no difference. */
export function isCommonPassword(text: string): boolean {
  return commonPasswords.has(text.toLowerCase());
}
