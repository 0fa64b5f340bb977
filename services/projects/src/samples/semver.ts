const identifier = '(0|[1-9][0-9]*|[0-9]*[a-zA-Z-][0-9a-zA-Z-]*)';
const number = '(0|[1-9][0-9]*)';

/** Semantic version 2.0, as https://semver.org/spec/v2.0.0.html spells it: for JavaScript and PostgreSQL alike. */
export const semver = `^${number}\\.${number}\\.${number}(-${identifier}(\\.${identifier})*)?(\\+[0-9a-zA-Z-]+(\\.[0-9a-zA-Z-]+)*)?$`;
