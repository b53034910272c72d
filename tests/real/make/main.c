/* Makes the generated cases: keys, certificates, images, lists, and the
 * script that says which image meets which store.
 *
 *   make-cases FOLDER [SIGNED-LOADER...]
 */
#include "make.h"

#include <openssl/provider.h>

#include <stdio.h>

int main(int argc, char **argv)
{
	if (argc < 2) {
		fprintf(stderr, "usage: make-cases FOLDER [SIGNED-LOADER...]\n");
		return 2;
	}
	/* RIPEMD-160 and the like come from the legacy provider. */
	need(OSSL_PROVIDER_load(NULL, "default"), "the default provider");
	need(OSSL_PROVIDER_load(NULL, "legacy"), "the legacy provider");
	open_cases(argv[1]);
	open_world();
	chain_cases();
	order_cases();
	revocation_cases();
	algorithm_cases();
	table_cases();
	image_cases();
	list_cases();
	structure_cases();
	real_cases(argv + 2, argc - 2);
	close_cases();
	return 0;
}
