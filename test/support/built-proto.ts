import {
  create,
  createFileRegistry,
  setExtension,
  type DescService,
  type FileRegistry,
  type MessageInitShape,
} from '@bufbuild/protobuf';
import {
  DescriptorProtoSchema,
  DescriptorProto_ExtensionRangeSchema,
  FieldDescriptorProto_Label as Label,
  FieldDescriptorProto_Type as Type,
  FieldDescriptorProtoSchema,
  FieldOptionsSchema,
  FileDescriptorProtoSchema,
  MethodDescriptorProtoSchema,
  MethodOptionsSchema,
  ServiceDescriptorProtoSchema,
  ServiceOptionsSchema,
  type FieldDescriptorProto,
} from '@bufbuild/protobuf/wkt';

import {
  file_walletauth_v1_options,
  method,
  own_wallet,
  RuleSchema,
  service,
} from '../../gen/walletauth/v1/options_pb.js';

/** What an option of a method or service declares. */
export type OptionInit = MessageInitShape<typeof RuleSchema>;

/** A field: text, unless it names a message type of the same file. */
export interface BuiltField {
  readonly name: string;
  readonly message?: string | undefined;
  readonly repeated?: boolean | undefined;
  /** Whether it has the option `own_wallet`. */
  readonly own?: boolean | undefined;
}

/** What a file declares, in the package `test.v1`. */
export interface BuiltFile {
  readonly syntax?: 'proto2' | 'proto3' | undefined;
  /** The fields of each message type; they are numbered from 1. Numbers from 100 are for extensions in proto2. */
  readonly messages: Readonly<Record<string, readonly BuiltField[]>>;
  /** Extensions by the type that they extend; they are numbered from 100. */
  readonly extensions?: Readonly<Record<string, readonly BuiltField[]>> | undefined;
  readonly services?: Readonly<Record<string, BuiltService>> | undefined;
}

export interface BuiltService {
  readonly option?: OptionInit | undefined;
  readonly methods: Readonly<Record<string, { readonly input: string; readonly option?: OptionInit | undefined }>>;
}

/** Makes the descriptors of a file in memory, in less than a millisecond; `compileProto` runs the compiler. */
export function builtProto({ syntax = 'proto3', messages, extensions = {}, services = {} }: BuiltFile): FileRegistry {
  const file = create(FileDescriptorProtoSchema, {
    name: 'test/v1/built.proto',
    package: 'test.v1',
    dependency: ['walletauth/v1/options.proto'],
    syntax: syntax === 'proto3' ? 'proto3' : '',
    messageType: Object.entries(messages).map(([name, fields]) =>
      create(DescriptorProtoSchema, {
        name,
        field: fields.map((each, i) => field(each, i + 1)),
        extensionRange:
          syntax === 'proto2' ? [create(DescriptorProto_ExtensionRangeSchema, { start: 100, end: 200 })] : [],
      }),
    ),
    extension: Object.entries(extensions).flatMap(([extendee, fields]) =>
      fields.map((each, i) => Object.assign(field(each, 100 + i), { extendee: `.test.v1.${extendee}` })),
    ),
    service: Object.entries(services).map(([name, { option, methods }]) =>
      create(ServiceDescriptorProtoSchema, {
        name,
        ...(option && { options: serviceOptions(option) }),
        method: Object.entries(methods).map(([methodName, { input, option: methodOption }]) =>
          create(MethodDescriptorProtoSchema, {
            name: methodName,
            inputType: `.test.v1.${input}`,
            outputType: `.test.v1.${input}`,
            ...(methodOption && { options: methodOptions(methodOption) }),
          }),
        ),
      }),
    ),
  });
  return createFileRegistry(file, (name) =>
    name === 'walletauth/v1/options.proto'
      ? file_walletauth_v1_options
      : file_walletauth_v1_options.dependencies.find((each) => each.proto.name === name),
  );
}

/** The one service of a built file. */
export function builtService(registry: FileRegistry): DescService {
  for (const type of registry) if (type.kind === 'service') return type;
  throw new Error('no service');
}

function field({ name, message, repeated, own }: BuiltField, number: number): FieldDescriptorProto {
  const options = create(FieldOptionsSchema);
  if (own !== undefined) setExtension(options, own_wallet, own);
  return create(FieldDescriptorProtoSchema, {
    name,
    number,
    label: repeated === true ? Label.REPEATED : Label.OPTIONAL,
    type: message === undefined ? Type.STRING : Type.MESSAGE,
    typeName: message === undefined ? '' : `.test.v1.${message}`,
    ...(own !== undefined && { options }),
  });
}

function serviceOptions(option: OptionInit) {
  const options = create(ServiceOptionsSchema);
  setExtension(options, service, create(RuleSchema, option));
  return options;
}

function methodOptions(option: OptionInit) {
  const options = create(MethodOptionsSchema);
  setExtension(options, method, create(RuleSchema, option));
  return options;
}
