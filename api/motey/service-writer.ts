import type {ServiceDocument} from '../../store/resources/blueprint.js';
import type {Service} from '../../store/resources/service.js';

/** How `/v1` changes Services: through the same checks as every other write. Throws `ApiError` and `StoreError`. */
export interface ServiceWriter {
	/** Creates it, or puts it in place of the one that has its name in namespace `default`. */
	replace(document: ServiceDocument): Promise<{readonly outcome: 'created' | 'changed' | 'unchanged'; readonly service: Service}>;
	/** Deletes it; its instances end before it is gone. */
	remove(service: Service): Promise<void>;
}
