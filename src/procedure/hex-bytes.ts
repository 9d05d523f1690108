/** Makes bytes of hexadecimal digits without spaces. */
export const hexBytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'hex'));
