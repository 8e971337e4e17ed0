// Reads an OpenAPI document from standard input and says what is wrong with it.
import { readFileSync } from "node:fs";
import { Validator } from "@seriousme/openapi-schema-validator";

const validator = new Validator();
const outcome = await validator.validate(JSON.parse(readFileSync(0, "utf8")));
if (!outcome.valid) {
  console.error(JSON.stringify(outcome.errors, null, 2));
  process.exit(1);
}
if (validator.version !== "3.1") {
  console.error(`expected OpenAPI 3.1, not ${validator.version}`);
  process.exit(1);
}
// The schema does not know references to absent components, nor operations of the same name.
const text = JSON.stringify(validator.specification);
const ids = [...text.matchAll(/"operationId":"([^"]+)"/g)].map((m) => m[1]);
if (new Set(ids).size !== ids.length) {
  console.error("two operations have the same operationId");
  process.exit(1);
}
validator.resolveRefs();
