import {BehaviorSubject, type Observable} from 'rxjs';
import type {StoreHealth} from '../store.js';

/** What can be wrong, the most serious first: another owner, the disk, its space, a damaged record. */
const sources = ['owner', 'disk', 'space', 'records'] as const;

const healthy: StoreHealth = Object.freeze({writable: true, message: ''});

/** Gathers what each part of the store says of itself; the most serious complaint is the health of the store. */
export class Health {
	readonly #complaints = new Map<(typeof sources)[number], StoreHealth>();
	readonly #current = new BehaviorSubject<StoreHealth>(healthy);

	get current(): StoreHealth {
		return this.#current.value;
	}

	/** Emits the current health, then every change of it. */
	changes(): Observable<StoreHealth> {
		return this.#current.asObservable();
	}

	/** Sets the complaint of one source, or withdraws it. */
	report(source: (typeof sources)[number], complaint?: StoreHealth): void {
		if (complaint) this.#complaints.set(source, complaint);
		else this.#complaints.delete(source);
		const worst = sources.flatMap(one => this.#complaints.get(one) ?? []).at(0) ?? healthy;
		const {current} = this;
		if (worst.message !== current.message || worst.code !== current.code || worst.writable !== current.writable) this.#current.next(worst);
	}

	/** Says whether `source` complains now. */
	has(source: (typeof sources)[number]): boolean {
		return this.#complaints.has(source);
	}

	complete(): void {
		this.#current.complete();
	}
}
