// Reads Stone, the language in which Dropbox describes its API, and says the same in OpenAPI: every
// route as an operation, every struct, union and alias as a schema. What is declared in a file that
// is not there may be anything.

/// Without comments and what is for people: texts that stand alone.
function codeOf(text) {
  return text.replace(/^[ \t]*"(?:[^"\\]|\\.)*"[ \t]*$/gms, '').split('\n')
    .map((line) => line.replace(/#.*$/, '').trimEnd()).filter((line) => line.trim() !== '');
}

const indentOf = (line) => line.length - line.trimStart().length;

/// Each line with the lines below it that are further in.
function blocksOf(lines) {
  const all = [];
  for (let i = 0; i < lines.length;) {
    const depth = indentOf(lines[i]);
    let end = i + 1;
    while (end < lines.length && indentOf(lines[end]) > depth) ++end;
    all.push({ head: lines[i].trim(), body: lines.slice(i + 1, end) });
    i = end;
  }
  return all;
}

function splitAtCommas(text) {
  const parts = [];
  let depth = 0;
  let quoted = false;
  let one = '';
  for (const c of text) {
    if (c === '"') quoted = !quoted;
    if (!quoted && (c === '(' || c === '[')) ++depth;
    if (!quoted && (c === ')' || c === ']')) --depth;
    if (c === ',' && depth === 0 && !quoted) {
      parts.push(one.trim());
      one = '';
    } else {
      one += c;
    }
  }
  if (one.trim() !== '') parts.push(one.trim());
  return parts;
}

const plain = { String: 'string', Bytes: 'string', Timestamp: 'string', Boolean: 'boolean',
  Int32: 'integer', Int64: 'integer', UInt32: 'integer', UInt64: 'integer', Float32: 'number',
  Float64: 'number' };
const bounds = { min_length: 'minLength', max_length: 'maxLength', min_value: 'minimum',
  max_value: 'maximum', min_items: 'minItems', max_items: 'maxItems' };

function typeOf(text, namespace) {
  const nullable = text.endsWith('?');
  const bare = nullable ? text.slice(0, -1) : text;
  const open = bare.indexOf('(');
  const name = open < 0 ? bare : bare.slice(0, open);
  const given = open < 0 ? [] : splitAtCommas(bare.slice(open + 1, bare.lastIndexOf(')')));
  const made = {};
  const types = [];
  for (const one of given) {
    const named = /^([a-z_]+)=(.*)$/s.exec(one);
    if (!named) types.push(typeOf(one, namespace));
    else if (bounds[named[1]]) made[bounds[named[1]]] = Number(named[2]);
  }
  if (name === 'List') Object.assign(made, { type: 'array', items: types[0] });
  else if (name === 'Map') Object.assign(made, { type: 'object', additionalProperties: types[1] });
  else if (plain[name]) made.type = plain[name];
  else made.$ref = refTo(name, namespace);
  if (nullable) made.nullable = true;
  return made;
}

function refTo(name, namespace) {
  return `#/components/schemas/${name.includes('.') ? name : `${namespace}.${name}`}`;
}

function fieldsOf(body) {
  const all = [];
  let subtypes;
  for (const { head, body: below } of blocksOf(body)) {
    if (head.startsWith('example ') || head.startsWith('@') || head === '...') continue;
    if (/^union(_closed)?\*?$/.test(head)) {
      subtypes = fieldsOf(below).fields;
      continue;
    }
    const [, name, type, fallback] = /^([a-z0-9_]+)(?:\s+(.*?))?(?:\s+=\s+(.*))?$/.exec(head) ?? [];
    if (name) all.push({ name, type, optional: fallback !== undefined || type?.endsWith('?') });
  }
  return { fields: all, subtypes };
}

function structOf(name, base, body, namespace, into) {
  const { fields, subtypes } = fieldsOf(body);
  const own = { type: 'object', properties: {}, required: [] };
  for (const f of fields) {
    own.properties[f.name] = typeOf(f.type, namespace);
    if (!f.optional) own.required.push(f.name);
  }
  const whole = base ? { allOf: [{ $ref: `${refTo(base, namespace)}.fields` }, own] } : own;
  into[`${namespace}.${name}.fields`] = whole;
  into[`${namespace}.${name}`] = subtypes
    ? { oneOf: subtypes.map((s) => tagged(s.name, { $ref: refTo(s.type, namespace) })) }
    : { $ref: `#/components/schemas/${namespace}.${name}.fields` };
}

const tagged = (tag, more) => ({ allOf: [{ type: 'object', required: ['.tag'],
  properties: { '.tag': { type: 'string', enum: [tag] } } }, ...(more ? [more] : [])] });

/// A member without content may also stand as its bare name.
function unionOf(name, base, body, namespace, into, structs) {
  const branches = base ? [{ $ref: refTo(base, namespace) }] : [];
  for (const f of fieldsOf(body).fields) {
    if (!f.type) {
      branches.push({ type: 'string', enum: [f.name] }, tagged(f.name));
      continue;
    }
    const inner = typeOf(f.type, namespace);
    const inlined = inner.$ref && structs.has(inner.$ref.split('/').pop());
    branches.push(tagged(f.name, inlined ? inner
      : { type: 'object', properties: { [f.name]: inner } }));
  }
  into[`${namespace}.${name}`] = { oneOf: branches };
}

function routeOf(head, namespace) {
  const [, name, version, types] = /^route ([a-z0-9_/]+)(?::(\d+))? \((.*)\)/.exec(head);
  const [takes, gives] = splitAtCommas(types);
  const content = (type) => ({ 'application/json': { schema: typeOf(type, namespace) } });
  const operation = { responses: { 200: gives === 'Void' ? {} : { content: content(gives) } } };
  if (takes !== 'Void') operation.requestBody = { required: true, content: content(takes) };
  return [`/${namespace}/${name}${version ? `_v${version}` : ''}`, { post: operation }];
}

export function readStone(namespaces, read) {
  const schemas = {};
  const paths = {};
  const all = namespaces.map((n) => [n, blocksOf(codeOf(read(n)))]);
  const structs = new Set();
  for (const [namespace, blocks] of all)
    for (const { head } of blocks)
      if (head.startsWith('struct ')) structs.add(`${namespace}.${head.split(/\s+/)[1]}`);
  for (const [namespace, blocks] of all)
    for (const { head, body } of blocks) {
      const [kind, name, extending, base] = head.split(/\s+/);
      const from = extending === 'extends' ? base : undefined;
      if (kind === 'struct') structOf(name, from, body, namespace, schemas);
      else if (kind.startsWith('union')) unionOf(name, from, body, namespace, schemas, structs);
      else if (kind === 'alias')
        schemas[`${namespace}.${name}`] = typeOf(head.slice(head.indexOf('=') + 1).trim(),
          namespace);
      else if (kind === 'route') {
        const [path, item] = routeOf(head, namespace);
        paths[path] = item;
      }
    }
  return { openapi: '3.0.0', servers: [{ url: 'https://api.dropboxapi.com/2' }], paths,
    components: { schemas } };
}
