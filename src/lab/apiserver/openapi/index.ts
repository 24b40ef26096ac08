/**
 * `/openapi/v3` of the API server: what it serves, described so that `kubectl explain`, client-side validation and the choice of a
 * patch type work as against a real server.
 * Made from the field table of built-in kinds and the schemas of CRDs; descriptions are our own, and those that a CRD brings.
 */
export { OpenApiDocuments, type OpenApiDocument } from './open-api-documents.ts';
export { isOpenApiPath, serveOpenApi } from './serve-open-api.ts';
