/** What we use of jStat, which brings no types. */
declare module 'jstat' {
  const jstat: { readonly jStat: { gammaln(x: number): number } }
  export default jstat
}
