/* What a shim binary carries for its own use: the certificate or lists of its
 * vendor, what the vendor revokes, its SBAT rows, and the SBAT levels that it
 * can set.
 *
 * Nothing is judged here.
 */
#ifndef KEYFIT_CORE_SHIM_H
#define KEYFIT_CORE_SHIM_H

#include <keyfit/bytes.h>

/* kf_shim: views are empty where the binary has no such thing. */
struct kf_shim {
	bool has_table;		/* .vendor_cert holds what its sizes say */
	uint16_t machine;
	bool nx_compat;
	struct kf_bytes vendor;		/* one certificate (DER), or
					 * signature lists */
	struct kf_bytes vendor_dbx;	/* signature lists */
	struct kf_bytes sbat;		/* .sbat, as text */
	struct kf_bytes automatic;	/* the level of the policy "automatic",
					 * formerly "previous", as text */
	struct kf_bytes latest;
	struct kf_bytes version;	/* "16.1", as its own ident tells */
};

/* kf_shim_read finds these parts in a PE file. */
void kf_shim_read(struct kf_shim *out, struct kf_bytes file);

/* kf_shim_is_certificate: the vendor's part is one certificate; else it is
 * signature lists. */
bool kf_shim_is_certificate(struct kf_bytes vendor);

#endif
