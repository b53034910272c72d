/* What every fuzz target works in: memory, a crypto table, a source over the
 * input. Targets assert with HOLDS, which stops the fuzzer.
 */
#ifndef KEYFIT_FUZZ_WORLD_H
#define KEYFIT_FUZZ_WORLD_H

#include <keyfit/check.h>

#include <stdlib.h>

#define HOLDS(claim) ((claim) ? (void)0 : abort())

/* world_env is ready for an artifact of `len` bytes; what was kept in it
 * before is gone. */
struct kf_env *world_env(size_t len);

/* world_trouble makes the next environment fail: from the read `amount` on,
 * or by an arena or a budget that is that small. */
enum world_trouble {
	WORLD_WELL,
	WORLD_NO_READ,
	WORLD_SMALL_ARENA,
	WORLD_SMALL_BUDGET,
};

void world_trouble(enum world_trouble kind, unsigned amount);

/* world_may_judge picks one input of eight: the readers are what is looked
 * for, and judging takes ten times as long as reading. */
bool world_may_judge(struct kf_bytes input);

/* world_rules picks a profile: always the same one for the same input. */
const struct kf_rules *world_rules(struct kf_bytes input);

/* world_unfold makes the file that an input stands for: where it holds "HOLE"
 * and a length (u32le), that many bytes 0xff are meant, as in erased flash.
 * Owns: `*memory`, to be freed. */
struct kf_bytes world_unfold(struct kf_bytes input, uint8_t **memory);

/* world_source yields the bytes of `input`, which stay borrowed. */
struct kf_source world_source(struct kf_bytes *input);

/* world_sink takes facts, reads all of them and counts how they nest. */
struct kf_sink world_sink(int *depth);

/* world_verdict holds a verdict against what is true of all of them. */
void world_verdict(const struct kf_verdict *v);

/* toy_crypto is a crypto table whose signatures a fuzzer can make: what it
 * answers stands in the bytes. */
extern const struct kf_crypto toy_crypto;

/* fuzz is the target: it takes one input. */
void fuzz(struct kf_bytes input);

/* LLVMFuzzerTestOneInput calls it, and holds the time that it took against a
 * second of the processor. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#endif
