import protobuf from 'protobufjs';
import { expect, it } from 'vitest';
import { openApiV2, openApiV2Protobuf } from './open-api-v2.ts';

it('says the same in JSON and in the protobuf message that clients ask for', () => {
  const { root } = protobuf.parse(`
    syntax = "proto3";
    message Info { string title = 1; string version = 2; }
    message Paths {}
    message Document { string swagger = 1; Info info = 2; Paths paths = 8; }
  `);
  const type = root.lookupType('Document');
  expect(type.toObject(type.decode(openApiV2Protobuf('v1.33.7')))).toEqual(openApiV2('v1.33.7'));
});
