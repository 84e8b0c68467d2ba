/** `mainframe schema …`: what files and interfaces look like, for editors and other programs. */
import { EXIT } from '../exit.ts';

/** Makers of each document, loaded when asked for. */
const DOCUMENTS = {
  scenario: async (): Promise<object> =>
    (await import('../../scenarios/language/explain.ts')).jsonSchema(),
  config: async (): Promise<object> =>
    (await import('../../live/config/schema.ts')).settingsJsonSchema(),
  api: async (): Promise<object> => {
    const { apiDocument } = await import('../../live/api/openapi.ts');
    const { ROUTES } = await import('../../live/api/routes.ts');
    return apiDocument(ROUTES);
  },
};

export async function schemaVerb(what: keyof typeof DOCUMENTS): Promise<number> {
  process.stdout.write(`${JSON.stringify(await DOCUMENTS[what](), null, 2)}\n`);
  return EXIT.ok;
}
