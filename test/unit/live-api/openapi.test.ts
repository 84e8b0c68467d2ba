/** What a running node answers is what its OpenAPI document says, and both know the same routes. */
import Ajv2020 from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { apiDocument } from '../../../live/api/openapi.ts';
import { MONEY_ROUTES } from '../../../live/api/money-routes.ts';
import { ROUTES } from '../../../live/api/routes.ts';
import { eventually, makeHome, startLive, type Running } from './support.ts';

interface Operation {
  security?: unknown[];
  parameters?: { name: string }[];
  responses: { [status: string]: { content?: { [type: string]: { schema: object } } } };
}
interface Document {
  openapi: string;
  paths: { [path: string]: { [method: string]: Operation } };
}

const home = makeHome();
let alice: Running;
let bob: Running;
let document: Document;
const ajv = new Ajv2020.default({ strict: true, allErrors: true });
addFormats.default(ajv);
// The document is no schema; the schemas in it refer to each other through it.
ajv.addVocabulary(['openapi', 'info', 'servers', 'security', 'paths', 'components']);
/** Routes and statuses that were asked for and checked. */
const checked = new Set<string>();

beforeAll(async () => {
  alice = await startLive('alice', home.passwordFile);
  bob = await startLive('bob', home.passwordFile, { bootstrap: [alice.node.card] });
  document = (await (await fetch(`${alice.at}/openapi.json`)).json()) as Document;
  ajv.addSchema(document, 'api');
}, 60_000);

afterAll(async () => {
  await bob.close();
  await alice.close();
  home.remove();
});

/** Asks, and checks the answer against the document. */
async function ask(
  method: string,
  path: string,
  options: { body?: unknown; headers?: { [name: string]: string }; to?: Running } = {},
): Promise<{ status: number; body: unknown }> {
  const to = options.to ?? alice;
  const response = await fetch(`${to.at}${path}`, {
    method,
    headers: { authorization: `Bearer ${to.token}`, ...options.headers },
    ...(options.body === undefined ? {} : { body: JSON.stringify(options.body) }),
  });
  const [route = ''] = path.split('?');
  const operation = document.paths[route]?.[method.toLowerCase()];
  const content = operation?.responses[response.status]?.content;
  if (content === undefined)
    throw new Error(`${method} ${path} answered ${response.status}, which the document has not`);
  const type = response.headers.get('content-type')!.split(';')[0]!;
  if (content[type] === undefined) throw new Error(`${path} came as ${type}`);
  const text = await response.text();
  const body: unknown = type === 'application/json' ? JSON.parse(text) : text;
  const pointer = ['paths', route, method.toLowerCase(), 'responses', String(response.status)]
    .concat(['content', type, 'schema'])
    .map((step) => encodeURIComponent(step.replaceAll('~', '~0').replaceAll('/', '~1')))
    .join('/');
  const valid = ajv.getSchema(`api#/${pointer}`)!;
  if (valid(body) !== true) throw new Error(`${path}: ${ajv.errorsText(valid.errors)}\n${text}`);
  checked.add(`${method} ${route} ${response.status}`);
  return { status: response.status, body };
}

/** Asks again and again until the answer has it. */
async function until(has: object, ...words: Parameters<typeof ask>): Promise<void> {
  for (let round = 0; ; round++) {
    const { body } = await ask(...words);
    try {
      expect(body).toMatchObject(has);
      return;
    } catch (error) {
      if (round === 200) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

async function talkInAGroup(): Promise<void> {
  const group = 'friends';
  expect((await ask('POST', '/groups', { body: { name: group } })).body).toMatchObject({
    state: 'member',
    members: 1,
  });
  await ask('POST', '/groups/invite', { body: { group, to: 'bob' } });
  await until({ groups: [], invitations: [{ fromName: 'alice' }] }, 'GET', '/groups', { to: bob });
  await ask('POST', '/groups/join', { body: { invitation: group, as: 'us' }, to: bob });
  await until({ groups: [{ name: 'us', members: 2 }] }, 'GET', '/groups', { to: bob });
  await until(
    { members: [{ name: 'you' }, { name: 'bob' }] },
    'GET',
    `/groups/members?group=${group}`,
  );
  await ask('POST', '/groups/messages', { body: { group, text: 'hello all' } });
  const letter = { groupName: 'us', text: 'hello all', group: expect.any(String) };
  await until({ messages: [letter] }, 'GET', '/inbox?after=1', { to: bob });
  await ask('POST', '/groups/remove', { body: { group, member: 'bob' } });
  await until({ groups: [{ name: 'us', state: 'removed' }] }, 'GET', '/groups', { to: bob });
  await ask('POST', '/groups/leave', { body: { group } });
  expect((await ask('GET', '/groups')).body).toEqual({ groups: [], invitations: [] });
}

describe('the OpenAPI document', () => {
  it('is version 3.1, the same whoever makes it, and lists exactly what is served', () => {
    expect(document.openapi).toBe('3.1.0');
    expect(document).toEqual(JSON.parse(JSON.stringify(apiDocument(ROUTES))));
    const documented = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    expect(documented.toSorted()).toEqual(
      ROUTES.map(({ method, path }) => `${method} ${path}`).toSorted(),
    );
  });

  it('says what is answered when all is well', async () => {
    await eventually(() => alice.node.status().peers > 0 && bob.node.status().peers > 0);
    for (const path of [
      '/health',
      '/ready',
      '/openapi.json',
      '/status',
      '/peers',
      '/card',
      '/metrics',
    ])
      expect((await ask('GET', path)).status).toBe(200);
    expect((await ask('GET', '/peers')).body).toMatchObject({
      peers: [{ bin: expect.any(Number) }],
    });
    await ask('POST', '/contacts', { body: { name: 'bob', card: bob.node.card } });
    await ask('POST', '/contacts', { body: { name: 'alice', card: alice.node.card }, to: bob });
    expect((await ask('GET', '/contacts')).body).toMatchObject({ contacts: [{ name: 'bob' }] });
    const sent = await ask('POST', '/messages', {
      body: { to: 'bob', text: 'hello', luminosityBits: 4 },
    });
    expect(sent.body).toMatchObject({ luminosityBits: 4, to: { name: 'bob' } });
    for (let round = 0; ; round++) {
      const { body } = await ask('GET', '/inbox?after=0', { to: bob });
      if ((body as { messages: unknown[] }).messages.length === 1) {
        expect(body).toMatchObject({ messages: [{ id: 1, name: 'alice', text: 'hello' }] });
        break;
      }
      expect(round).toBeLessThan(200);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    expect((await ask('GET', '/inbox?after=1', { to: bob })).body).toEqual({ messages: [] });
    await talkInAGroup();
    expect(alice.stops()).toBe(0);
    await ask('POST', '/stop');
    await eventually(() => alice.stops() === 1);
  });

  it('says how requests are refused', async () => {
    const kind = async (...words: Parameters<typeof ask>): Promise<unknown> =>
      ((await ask(...words)).body as { kind: string }).kind;
    for (const { method, path, open } of ROUTES) {
      expect(await kind(method, path, { headers: { origin: 'http://evil.example' } })).toBe(
        'forbidden',
      );
      if (!open)
        expect(await kind(method, path, { headers: { authorization: 'Bearer no' } })).toBe(
          'unauthorised',
        );
      expect(await kind(method, `${path}?token=${alice.token}`)).toBe('bad-request');
    }
    expect(await kind('GET', '/inbox?after=x')).toBe('bad-request');
    expect(await kind('GET', '/inbox?after=-1')).toBe('bad-request');
    expect(await kind('POST', '/messages', { body: { to: 'nobody', text: 'x' } })).toBe(
      'bad-request',
    );
    expect(await kind('POST', '/messages', { body: { to: 'bob' } })).toBe('bad-request');
    expect(
      await kind('POST', '/messages', { body: { to: 'bob', text: 'x', luminosityBits: 257 } }),
    ).toBe('bad-request');
    expect(await kind('POST', '/messages', { body: { to: 'bob', text: 'x', more: 1 } })).toBe(
      'bad-request',
    );
    expect(await kind('POST', '/contacts', { body: { name: '../x', card: bob.node.card } })).toBe(
      'bad-request',
    );
    expect(await kind('POST', '/messages', { body: { to: 'x'.repeat(2 ** 20), text: '' } })).toBe(
      'too-large',
    );
  });

  it('has been checked in every route, each with a success and a refusal', () => {
    const missing = ROUTES.filter(({ content }) => content.kind !== 'events').flatMap((route) => {
      const { method, path } = route;
      // These succeed on a chain only: test/money asks them there.
      const statuses = MONEY_ROUTES.includes(route) ? [400, 403] : [200, 400, 403];
      return statuses.map((s) => `${method} ${path} ${s}`).filter((one) => !checked.has(one));
    });
    expect(missing).toEqual([]);
  });
});

describe('the server', () => {
  it('knows nothing beside the document', async () => {
    const of = async (method: string, path: string, headers: object = {}): Promise<unknown[]> => {
      const response = await fetch(`${alice.at}${path}`, {
        method,
        headers: { authorization: `Bearer ${alice.token}`, ...headers },
      });
      return [response.status, ((await response.json()) as { kind: string }).kind];
    };
    expect(await of('GET', '/nothing')).toEqual([404, 'not-found']);
    expect(await of('GET', '/__proto__')).toEqual([404, 'not-found']);
    expect(await of('DELETE', '/contacts')).toEqual([405, 'method-not-allowed']);
    expect(await of('GET', '/stop')).toEqual([405, 'method-not-allowed']);
  });

  it('answers to pages of its own and to names of this machine only', async () => {
    const { request } = await import('node:http');
    const status = (headers: { [name: string]: string }): Promise<number | undefined> =>
      new Promise((resolve) => {
        request(`${alice.at}/health`, { headers }, (response) => {
          response.resume();
          resolve(response.statusCode);
        }).end();
      });
    const host = `127.0.0.1:${alice.port}`;
    expect(await status({ host, origin: `http://${host}` })).toBe(200);
    expect(await status({ host: 'localhost' })).toBe(200);
    // A page whose own name points here (DNS rebinding), a page of another program of this machine, a page without a name.
    expect(await status({ host: `evil.example:${alice.port}` })).toBe(403);
    expect(await status({ host, origin: 'http://127.0.0.1:1' })).toBe(403);
    expect(await status({ host, origin: 'null' })).toBe(403);
    expect(await status({ host: `127.0.0.1.evil.example` })).toBe(403);
  });
});
