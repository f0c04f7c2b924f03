import type { QuickstartEnvironment } from './environment-file.ts';
import type { RunningGateway } from './gateway-process.ts';
import type { MachineResource } from './machine-resource.ts';
import type { ServiceResource } from './service-resource.ts';
import type { ShopResource } from './shop-resource.ts';

/** Everything that runs. */
export interface Stack {
  readonly shop: ShopResource;
  readonly service: ServiceResource;
  readonly host: MachineResource;
  readonly gateway: RunningGateway;
  readonly environment: QuickstartEnvironment;
}
