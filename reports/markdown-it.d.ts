declare module 'markdown-it' {
  /** The part of the library that is used here. */
  class MarkdownIt {
    constructor(options?: { readonly html?: boolean });
    render(markdown: string): string;
  }
  export = MarkdownIt;
}
