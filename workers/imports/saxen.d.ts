declare module 'saxen' {
  type Decode = (words: string) => string;
  export class Parser {
    on(event: 'openTag', handle: (name: string, attributes: () => Record<string, unknown>, decode: Decode) => void): this;
    on(event: 'text', handle: (words: string, decode: Decode) => void): this;
    on(event: 'cdata', handle: (words: string) => void): this;
    on(event: 'closeTag', handle: (name: string) => void): this;
    on(event: 'error', handle: (error: Error) => void): this;
    parse(xml: string): void;
  }
}
