/* Signed updates of variables for unit tests, for whose signatures the crypto
 * table of fuzz/toy.c answers: they hold over what they were made for, and
 * over nothing else.
 */
#ifndef KEYFIT_TESTS_MODEL_UPDATE_H
#define KEYFIT_TESTS_MODEL_UPDATE_H

#include "tests/model.h"

/* model_update: what is 0 is as usual: of db, with 0x27, on 1 January 2021,
 * bare SignedData with SHA-256. */
struct model_update {
	const char *variable;	/* that it is signed for */
	uint32_t attributes;	/* that it is signed for */
	unsigned year;
	struct kf_bytes value;
	struct kf_bytes certificate[4];
	size_t num_certificates;	/* 0: as many as there are */
	unsigned num_signers;	/* 0: one; MODEL_NONE: none */
	unsigned sha2;		/* 2: SHA-384; 3: SHA-512; 9: nobody's */
	bool wrapped;		/* with an outer header */
	bool bad;		/* its arithmetic says no */
	bool lost;		/* its signer's certificate is not in it */
};

enum {
	MODEL_REPLACE = 0x27,
	MODEL_APPEND = 0x67,
	/* Where fields of an update stand. Source: UEFI 2.10, 8.2.2. */
	MODEL_PAD1_AT = 7,
	MODEL_PAD2_AT = 15,
	MODEL_LENGTH_AT = 16,
	MODEL_TYPE_AT = 22,
	MODEL_GUID_AT = 24,
	MODEL_BLOB_AT = 40,
};

struct kf_bytes model_update(const struct model_update *spec);
/* model_update_by is an update of db, signed by one certificate. */
struct kf_bytes model_update_by(struct kf_bytes certificate,
				uint32_t attributes, struct kf_bytes value);

/* model_device is a whole device with the lists given; no bytes: absent. The
 * variable that an update is written to was last written on 1 January `year`;
 * 0: that is not known. */
struct kf_store model_device(struct kf_bytes pk, struct kf_bytes kek,
			     const char *variable, struct kf_bytes old,
			     unsigned year);

#endif
