/**
 * The part of a pino logger that this package uses. Whatever works in the background has to be given one: nobody is
 * there to be told what it fails with.
 */
export interface Logger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}
