/* What the makers of variable updates share: an update with every knob that a
 * variable service might trip over, and the script of variables and writes.
 */
#ifndef KEYFIT_TESTS_REAL_UPDATE_H
#define KEYFIT_TESTS_REAL_UPDATE_H

#include "make.h"

/* seal is one update. Zero means: written with 0x27, dated 1 January 2021,
 * signed as it is written. */
struct seal {
	const char *var;
	unsigned attributes;
	const char *time;		/* YYYYMMDDhhmmss */
	struct bytes odd_time;		/* instead: 16 bytes */
	struct bytes value;
	struct signature by;
	bool no_signature;		/* nothing where it would be */
	struct bytes garbage;		/* instead of a signature */
	/* What is signed, where it is not what is written. */
	const char *signed_var;
	unsigned signed_attributes;
	const char *signed_time;
	struct bytes signed_value;
	bool other_vendor, name_with_end;
	/* The header. */
	long add_len;			/* to dwLength */
	unsigned revision, type;	/* 0: 0x0200, 0x0ef1 */
	const char *guid;		/* of the certificate type */
};
struct write {
	const char *var;
	unsigned attributes;
	struct bytes data;
};
struct write sealed(const struct seal *s);
struct write plain_write(const char *var, unsigned attributes,
			 struct bytes data);

/* signature_by: as tools sign updates. Those of the bag are others. */
struct signature signature_by(const struct identity *who);

/* keys is what the variables hold before a case. */
enum { PK, KEK, DB, DBX, DBT, NUM_VARS };
struct keys {
	struct bytes value[NUM_VARS];	/* empty: absent */
	const char *time[NUM_VARS];	/* NULL: 1 January 2020 */
};

/* put_case adds a case. `expect` has a letter for each write, as the source
 * reads: accepted, rejected, or not foretold (?); behind a bar what 2025.02
 * does where that differs. */
enum { WRITES_MAX = 16 };
void put_case(const char *rule, const char *name, const char *expect,
	      const struct keys *keys, size_t num, ...);
void open_updates(const char *folder);
void close_updates(void);

/* updates_world.c: who there is. kek issues kek_inter and kek_leaf; leaf
 * stands under kek_inter. */
extern struct identity pk, next_pk, kek, kek_inter, kek_leaf, leaf, stranger,
	kek2, ca_one, ca_two;
extern struct keys base;	/* PK, KEK, db and dbx with one entry each */
void open_update_world(void);
/* hash_of is a list of one SHA-256, made of a number. */
struct bytes hash_of(unsigned seed);
/* db_seal: an update of db by leaf, with its chain. It is small, as most are:
 * writing the flash is what takes the time. */
struct seal db_seal(void);
/* try_one adds a case of one update. */
void try_one(const char *rule, const char *name, const char *expect,
	     const struct keys *keys, const struct seal *s);

void header_updates(void);
void time_updates(void);
void authority_updates(void);
void algorithm_updates(void);
void mode_updates(void);
void content_updates(void);
void append_updates(void);
void real_updates(const char *folder);

#endif
