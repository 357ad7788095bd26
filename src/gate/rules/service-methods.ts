import type { DescMethod, DescService } from '@bufbuild/protobuf';

/** A service as servers have it: a protobuf-es descriptor, or any library's definition with a path for each method. */
export type ServiceShape = DescService | Readonly<Record<string, { readonly path: string }>>;

/** The methods of some services by `/package.Service/Method`, with their descriptors where there are any. */
export function methodsOf(services: Iterable<ServiceShape>): ReadonlyMap<string, DescMethod | undefined> {
  const methods = new Map<string, DescMethod | undefined>();
  for (const service of services) {
    if (isDescriptor(service)) for (const method of service.methods) methods.set(pathOf(method), method);
    else for (const { path } of Object.values(service)) methods.set(path, undefined);
  }
  return methods;
}

/** `/package.Service/Method`. */
export function pathOf({ parent, name }: DescMethod): string {
  return `/${parent.typeName}/${name}`;
}

/** Tells the two shapes apart. */
export function isDescriptor(service: ServiceShape): service is DescService {
  return service['kind'] === 'service';
}
