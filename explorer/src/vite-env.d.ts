declare module "virtual:land" {
  const path: string;
  export default path;
}

declare module "virtual:land-polygons" {
  const polygons: number[][][][];
  export default polygons;
}
