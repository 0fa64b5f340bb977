/**
 * The most common passwords that are long enough to be accepted otherwise (10 characters or more), lower
 * case. Shorter ones need no list. Compared without regard to case.
 */
export const commonPasswords: ReadonlySet<string> = new Set(
  `
  0000000000 00000000000 000000000000 0123456789 0987654321 1029384756 1111111111 11111111111 111111111111
  1122334455 112233445566 1212121212 121212121212 123123123123 1231231231 1234512345 1234554321 1234567890
  12345678900 12345678901 123456789012 1234567890a 12345678910 1234567891 123456789a 123456789q 123456789z
  12345qwert 1234qwerasdf 1234qwerty 1472583690 147852369a 159357159357 1a2b3c4d5e 1q2w3e4r5t
  1q2w3e4r5t6y 1qaz2wsx3e 1qaz2wsx3edc 1qazxsw23edc 2222222222 3333333333 5555555555 6666666666 7777777777
  8888888888 9876543210 9999999999 a123456789 a1b2c3d4e5 aa12345678 aaaaaaaaaa abc1234567 abc123456789
  abcd123456 abcd1234567 abcdefghij administrator adminadmin admin12345 admin123456 adminpassword asdasdasdasd
  asdf123456 asdfasdfasdf asdfghjkl1 asdfghjkl; asdfghjkl123 asdfqwer1234 basketball butterfly1 changeme123
  changemenow chocolate1 computer12 computer123 football12 football123 iloveyou12 iloveyou123 iloveyou1234
  iloveyouso letmein123 letmein1234 liverpool1 manchester minecraft1 minecraft123 monkey12345 mypassword
  mypassword1 p@ssw0rd12 p@ssw0rd123 p@ssword123 pa55word123 passw0rd12 passw0rd123 password00 password01
  password10 password11 password12 password123 password1234 password12345 password2024 password2025 password99
  passwordpassword q1w2e3r4t5 q1w2e3r4t5y6 qazwsxedc1 qazwsxedc123 qazwsxedcrfv qwer123456 qwerasdfzxcv
  qwerty1234 qwerty12345 qwerty123456 qwertyqwerty qwertyuiop qwertyuiop1 qwertyuiop123 secret1234 starwars12
  sunshine12 sunshine123 superman12 superman123 trustno1234 unbelievable welcome123 welcome1234 zaq12wsxcde3
  zaq1zaq1zaq1 zxcvbnm123 zxcvbnm1234 zxcvbnmasd hivesync123 hivesynchivesync
  `
    .trim()
    .split(/\s+/),
);
