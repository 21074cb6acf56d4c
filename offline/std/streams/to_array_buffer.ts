/** All bytes of a stream as one `ArrayBuffer`. */
export function toArrayBuffer(stream: ReadableStream<Uint8Array>): Promise<ArrayBuffer> {
  return new Response(stream as ReadableStream<Uint8Array<ArrayBuffer>>).arrayBuffer();
}
