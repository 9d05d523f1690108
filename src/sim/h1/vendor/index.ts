export { VendorLayer } from './vendor-layer.ts';
