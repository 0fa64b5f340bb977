type Schema = Record<string, unknown>;

/**
 * Bodies of almost `limit` bytes that are meant to take long to read, to check or to explain: one for each kind of
 * nuisance at each place that a schema has. The rest of a body fits the schema, so that the nuisance is reached.
 */
export function* hostileBodies(schema: Schema, limit: number): Generator<[what: string, body: string]> {
  for (const [at, wrap] of places(schema)) {
    const room = limit - Buffer.byteLength(wrap('')) - 16;
    for (const [what, nuisance] of Object.entries(nuisances))
      yield [`${what} at ${at}`, wrap(nuisance(room))];
    for (const [what, piece] of Object.entries(slowTexts)) {
      const full = wrap(`"${piece.repeat(Math.floor(longestAt(schema, at) / piece.length))}"`);
      if (Buffer.byteLength(full) <= limit) yield [`a full text of ${what} at ${at}`, full];
    }
    const item = itemOf(schemaAt(schema, at));
    if (item)
      yield [`too many good items at ${at}`, wrap(`[${repeated(JSON.stringify(sample(item)), room)}]`)];
  }
}

const repeated = (piece: string, room: number): string =>
  Array.from({ length: Math.max(1, Math.floor(room / (piece.length + 1))) }, () => piece).join(',');

function numbered(room: number, member: (n: number) => string): string {
  const members: string[] = [];
  for (let left = room, n = 0; left > 40; n++) {
    const one = member(n);
    members.push(one);
    left -= one.length + 1;
  }
  return members.join(',');
}

const nested = (room: number, open: string, close: string): string => {
  const levels = Math.floor(room / (open.length + close.length));
  return `${open.repeat(levels)}0${close.repeat(levels)}`;
};
const text = (piece: string, room: number): string =>
  `"${piece.repeat(Math.max(1, Math.floor(room / Buffer.byteLength(piece))))}"`;

const nuisances: Readonly<Record<string, (room: number) => string>> = {
  'many names': (room) => `{${numbered(room, (n) => `"${n.toString(36)}x":0`)}}`,
  'many numbers as names': (room) => `{${numbered(room, (n) => `"${n * 7}":0`)}}`,
  'many names of objects': (room) => `{${numbered(room, (n) => `"n${n}":{}`)}}`,
  'one name over and over': (room) => `{${repeated('"a":0', room)}}`,
  'a long name': (room) => `{${text('n', room)}:0}`,
  'a name that poisons': (room) => `{${repeated('"_proto_":{"x":0}', room)}}`,
  'numbers in an array': (room) => `[${repeated('0', room)}]`,
  'nulls in an array': (room) => `[${repeated('null', room)}]`,
  'empty objects in an array': (room) => `[${repeated('{}', room)}]`,
  'empty arrays in an array': (room) => `[${repeated('[]', room)}]`,
  'different texts in an array': (room) => `[${numbered(room, (n) => `"${n.toString(36)}"`)}]`,
  'objects of many names in an array': (room) =>
    `[${repeated('{"a":0,"b":0,"c":0,"d":0,"e":0,"f":0}', room)}]`,
  'nested arrays': (room) => nested(room, '[', ']'),
  'nested objects': (room) => nested(room, '{"a":', '}'),
  letters: (room) => text('a', room),
  spaces: (room) => text(' ', room),
  digits: (room) => text('1', room),
  'parts of an address': (room) => text('a@a.', room),
  'parts of a URL': (room) => `"https://${text('a:@/%41?', room - 10).slice(1)}`,
  'parts of a time': (room) => text('2026-01-01T', room),
  hyphens: (room) => text('a-', room),
  quotes: (room) => text('\\"', room),
  'escaped letters': (room) => text('\\u0061', room),
  'escaped NUL': (room) => text('\\u0000', room),
  'halves of surrogate pairs': (room) => text('\\ud800', room),
  'marks on one letter': (room) => text('\u0301', room),
  'marks in disorder': (room) => text('\u0301\u0323', room),
  'joined emoji': (room) => text('👨‍👩‍👧‍👦', room),
  flags: (room) => text('🇦🇧', room),
  'a number of many digits': (room) => '7'.repeat(room),
  'a number of many decimals': (room) => `0.${'7'.repeat(room - 2)}`,
  'numbers beyond all bounds': (room) => `[${repeated('1e400', room)}]`,
  'white space': (room) => `${' '.repeat(room - 2)}{}`,
};

/** Text that fits, and may take long where it is worked on. */
const slowTexts = { 'marks in disorder': '\u0301\u0323', letters: 'a', 'joined emoji': '👨‍👩‍👧‍👦' };

/** Where a nuisance can stand: as the whole, in each property, in each property of an array's items, among free names. */
function* places(schema: Schema): Generator<[at: string, wrap: (value: string) => string]> {
  yield ['', (value) => value];
  for (const variant of variantsOf(schema)) {
    for (const name of Object.keys(propertiesOf(variant))) {
      const rest = variantSample(variant, name);
      yield [`/${name}`, (value) => objectOf(rest, name, value)];
      const item = itemOf(propertiesOf(variant)[name]);
      for (const inner of Object.keys(item ? propertiesOf(item) : {})) {
        const others = variantSample(item!, inner);
        yield [`/${name}/0/${inner}`, (value) => objectOf(rest, name, `[${objectOf(others, inner, value)}]`)];
      }
    }
    const rest = Object.entries(variantSample(variant, '')).map(
      ([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`,
    );
    // Beside all that is required: past the check of what is missing, into the check of what is too much.
    yield [
      'beside the rest',
      (value) =>
        value.startsWith('{')
          ? `{${[...rest, value.slice(1, -1)].filter(Boolean).join(',')}}`
          : `{${[...rest, `"other":${value}`].join(',')}}`,
    ];
  }
}

function objectOf(rest: Record<string, unknown>, name: string, value: string): string {
  const members = Object.entries(rest).map(
    ([other, one]) => `${JSON.stringify(other)}:${JSON.stringify(one)}`,
  );
  return `{${[...members, `${JSON.stringify(name)}:${value}`].join(',')}}`;
}

function variantSample(schema: Schema, without: string): Record<string, unknown> {
  const required = Array.isArray(schema.required) ? schema.required : [];
  return Object.fromEntries(
    Object.entries(propertiesOf(schema))
      .filter(([name]) => name !== without && required.includes(name))
      .map(([name, one]) => [name, sample(one)]),
  );
}

/** A value that fits, for the keywords that our schemas use. */
export function sample(schema: Schema): unknown {
  const [variant = schema] = variantsOf(schema);
  if ('const' in variant) return variant.const;
  if (Array.isArray(variant.enum)) return variant.enum[0];
  switch (variant.type) {
    case 'object':
      return variantSample(variant, '');
    case 'array':
      return typeof variant.minItems === 'number' ? [sample(itemOf(variant) ?? {})] : [];
    case 'integer':
    case 'number':
      return typeof variant.minimum === 'number' ? variant.minimum : 1;
    case 'boolean':
      return true;
    case 'null':
      return null;
    default:
      return sampleText(variant);
  }
}

const byFormat: Readonly<Record<string, string>> = {
  uuid: '01a21c64-52ba-749b-9b17-d2e2bb209869',
  email: 'somebody@example.com',
  uri: 'https://example.com/a',
  date: '2026-01-01',
  'date-time': '2026-01-01T00:00:00Z',
};

function sampleText({ format, minLength }: Schema): string {
  return byFormat[String(format)] ?? 'correct horse battery'.repeat(Math.ceil(Number(minLength ?? 1) / 21));
}

const isSchema = (value: unknown): value is Schema =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const variantsOf = (schema: Schema): Schema[] =>
  Array.isArray(schema.anyOf) ? schema.anyOf.filter(isSchema).flatMap(variantsOf) : [schema];
const propertiesOf = (schema: Schema): Record<string, Schema> =>
  isSchema(schema.properties) ? (schema.properties as Record<string, Schema>) : {};

function itemOf(schema: Schema | undefined): Schema | undefined {
  const array = schema && variantsOf(schema).find(({ items }) => isSchema(items));
  return array?.items as Schema | undefined;
}

function longestAt(schema: Schema, at: string): number {
  const found = schemaAt(schema, at);
  return Math.max(0, ...(found ? variantsOf(found) : []).map(({ maxLength }) => Number(maxLength ?? 0)));
}

function schemaAt(schema: Schema, at: string): Schema | undefined {
  if (at === '') return schema;
  return variantsOf(schema)
    .map((variant) => propertiesOf(variant)[at.slice(1)])
    .find(Boolean);
}
