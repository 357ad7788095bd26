import type { AnyNext, AnyRequest, AnyResponse, CallTries } from './tries.js';

type UnaryRequest = Extract<AnyRequest, { readonly stream: false }>;

/** Makes a unary call with a token, and again if that helps. */
export async function unaryWithToken(tries: CallTries, request: UnaryRequest, next: AnyNext): Promise<AnyResponse> {
  for (;;) {
    const header = await tries.headers();
    try {
      const response = await next({ ...request, header });
      tries.answered(response.header);
      return response;
    } catch (error) {
      if (!(await tries.again(error, true))) throw error;
    }
  }
}
