/* Asks keyfit about mutants of an image, many in one process, and prints one
 * character a mutant: 0 refused, 1 accepted, ? open.
 *
 * Usage: mcuboot-mutants ask|signed|write IMAGE OTHER FIRST NUMBER
 *	[trust NAME=FILE | set NAME=VALUE]...
 * `signed` changes signed bytes alone; `write` writes the mutants, each behind
 * its length of 4 bytes, for whoever judges them elsewhere.
 */
#include "many.h"
#include "mcuboot_mutate.h"

#include <stdio.h>
#include <stdlib.h>

static void write_out(const uint8_t *bytes, size_t len)
{
	const uint8_t head[4] = { (uint8_t)len, (uint8_t)(len >> 8),
				  (uint8_t)(len >> 16), 0 };

	fwrite(head, 1, sizeof(head), stdout);
	fwrite(bytes, 1, len, stdout);
}

int main(int argc, char **argv)
{
	static uint8_t image[MUTANT_MAX], other[MUTANT_MAX],
		mutant[MUTANT_MAX];
	static struct many many;
	size_t image_len, other_len;
	uint64_t first, num;
	char what;

	if (argc < 6)
		return 2;
	what = argv[1][0];
	image_len = many_slurp(image, MUTANT_MAX, argv[2]);
	other_len = many_slurp(other, MUTANT_MAX, argv[3]);
	first = strtoull(argv[4], NULL, 10);
	num = strtoull(argv[5], NULL, 10);
	if (what != 'w')
		many_open(&many, "mcuboot", argc - 6, argv + 6);
	for (uint64_t i = 0; i < num; i++) {
		size_t len = what == 's'
			? mutate_signed(mutant, image, image_len, first + i)
			: mutate(mutant, image, image_len, other, other_len,
				 first + i);

		if (what == 'w')
			write_out(mutant, len);
		else
			putchar(many_judge(&many, kf_view(mutant, len)));
	}
	if (what != 'w')
		many_close(&many);
	return 0;
}
