// Makes the excerpts beside it from vendors' own specifications: the operations that connectors use,
// whole, with every schema that they refer to; of the others, only that they are there. What is for
// people (descriptions, examples) is left out. Dropbox describes its API in Stone, which is put into
// the words of OpenAPI.
//
//   node excerpt.mjs FOLDER-WITH-SPECIFICATIONS
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readStone } from './stone.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const from = process.argv[2];
const read = (name) => readFileSync(join(from, name), 'utf8');

const wanted = {
  dropbox: {
    document: () => readStone(['files', 'file_requests', 'users', 'common', 'async'], (n) =>
      read(`dropbox/${n}.stone`)),
    operations: [
      'post /users/get_current_account', 'post /files/list_folder',
      'post /files/list_folder/continue', 'post /file_requests/list_v2',
      'post /files/create_folder_v2', 'post /files/move_v2', 'post /files/get_metadata',
      'post /files/delete_v2', 'post /files/save_url', 'post /files/upload',
      'post /file_requests/create',
      'post /file_requests/update', 'post /file_requests/list/continue',
    ],
  },
  google_drive: {
    document: () => JSON.parse(read('google_drive_v3.oas3.json')),
    operations: [
      'get /about', 'get /files', 'post /files', 'patch /files/{fileId}', 'delete /files/{fileId}',
      'get /changes', 'get /changes/startPageToken', 'post /changes/watch', 'get /drives',
      'get /files/{fileId}/permissions', 'post /files/{fileId}/permissions',
    ],
  },
  openai: {
    document: () => JSON.parse(read('openai.oas31.json')),
    operations: [
      'get /models', 'get /files', 'post /files', 'delete /files/{file_id}', 'get /batches',
      'post /batches', 'get /batches/{batch_id}', 'get /chat/completions',
      'post /chat/completions', 'delete /chat/completions/{completion_id}', 'post /embeddings',
      'post /moderations', 'post /responses',
    ],
  },
  sendgrid: {
    document: () => JSON.parse(read('sendgrid_suppressions_v3.oas3.json')),
    operations: [
      'get /v3/suppression/bounces', 'get /v3/suppression/blocks',
      'get /v3/suppression/invalid_emails', 'get /v3/suppression/spam_reports',
      'get /v3/suppression/unsubscribes', 'get /v3/asm/groups', 'get /v3/asm/suppressions',
      'post /v3/asm/suppressions/global', 'delete /v3/asm/suppressions/global/{email}',
      'delete /v3/suppression/bounces/{email}',
    ],
  },
  slack: {
    document: () => {
      const made = JSON.parse(read('slack.oas2.json'));
      const events = JSON.parse(read('slack.events.asyncapi.json'));
      const event = events.components.schemas.GenericEventWrapper;
      made.webhooks = { events: { post: { requestBody: { content: {
        'application/json': { schema: event } } } } } };
      return made;
    },
    operations: [
      'get /auth.test', 'get /users.list', 'get /conversations.list', 'get /users.conversations',
      'get /conversations.history', 'get /files.list', 'post /chat.postMessage',
      'post /chat.update', 'post /chat.delete', 'post /reactions.add',
      'post /conversations.create', 'post /conversations.invite',
    ],
  },
};

const methods = ['get', 'put', 'post', 'delete', 'patch'];
const forPeople = new Set(['description', 'summary', 'example', 'examples', 'externalDocs', 'tags',
  'title', 'operationId', 'security', 'default', 'deprecated', 'callbacks', 'links']);

/// Without what is for people; a member that has such a name is kept as one.
function bare(node, names = false) {
  if (Array.isArray(node)) return node.map((one) => bare(one));
  if (node === null || typeof node !== 'object') return node;
  const made = {};
  for (const [name, content] of Object.entries(node)) {
    if (!names && (forPeople.has(name) || name.startsWith('x-'))) continue;
    const verbatim = !names && (name === 'enum' || name === 'required' || name === 'const');
    made[name] = verbatim ? content : bare(content, !names && (name === 'properties' ||
      name === 'patternProperties' || name === 'schemas'));
  }
  return made;
}

function at(document, pointer) {
  return pointer.slice(2).split('/').reduce((node, step) =>
    node?.[decodeURIComponent(step).replaceAll('~1', '/').replaceAll('~0', '~')], document);
}

function put(into, pointer, content) {
  const steps = pointer.slice(2).split('/').map((s) => s.replaceAll('~1', '/'));
  const last = steps.pop();
  steps.reduce((node, step) => (node[step] ??= {}), into)[last] = content;
}

/// Follows every reference of what is in the excerpt already.
function complete(document, made) {
  const seen = new Set();
  const visit = (node) => {
    if (node === null || typeof node !== 'object') return;
    if (typeof node.$ref === 'string' && !seen.has(node.$ref)) {
      seen.add(node.$ref);
      const target = bare(at(document, node.$ref) ?? {});
      put(made, node.$ref, target);
      visit(target);
    }
    Object.values(node).forEach(visit);
  };
  visit({ paths: made.paths, webhooks: made.webhooks });
}

/// A request as it is, and what a success answers.
function bareOperation(operation) {
  const made = bare(operation);
  made.responses = Object.fromEntries(Object.entries(made.responses ?? {})
    .filter(([status]) => status.startsWith('2') || status === 'default').slice(0, 1));
  return made;
}

for (const [name, { document, operations }] of Object.entries(wanted)) {
  const whole = document();
  const { openapi, swagger, servers, host, basePath, schemes, webhooks } = whole;
  const made = { openapi, swagger, servers: bare(servers), host, basePath, schemes,
    webhooks: bare(webhooks), paths: {} };
  const left = new Set(operations);
  for (const [path, item] of Object.entries(whole.paths)) {
    const kept = {};
    for (const method of methods.filter((m) => item[m])) {
      const isWanted = left.delete(`${method} ${path}`);
      kept[method] = isWanted ? bareOperation(item[method]) : { 'x-left-out': true };
    }
    if (item.parameters) kept.parameters = bare(item.parameters);
    made.paths[path] = kept;
  }
  if (left.size > 0) throw new Error(`${name} has no ${[...left].join(', ')}`);
  complete(whole, made);
  const text = JSON.stringify(made);
  writeFileSync(join(here, `${name}.json`), `${text}\n`);
  console.log(name, text.length, 'bytes');
}
