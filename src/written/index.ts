export { checkedYaml, textOfFile } from './checked-yaml.ts';
export type { YamlProblem } from './checked-yaml.ts';
export type { OwnWords } from './words.ts';
