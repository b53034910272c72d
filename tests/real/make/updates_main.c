/* Makes the cases of variable updates: keys, certificates, updates, and the
 * script that says which writes meet which variables.
 *
 *   make-updates FOLDER MICROSOFTS-FILES
 */
#include "update.h"

#include <openssl/provider.h>

#include <stdio.h>

int main(int argc, char **argv)
{
	if (argc != 3) {
		fprintf(stderr, "usage: make-updates FOLDER MICROSOFTS-FILES\n");
		return 2;
	}
	need(OSSL_PROVIDER_load(NULL, "default"), "the default provider");
	need(OSSL_PROVIDER_load(NULL, "legacy"), "the legacy provider");
	open_cases(argv[1]);
	open_updates(argv[1]);
	open_update_world();
	header_updates();
	time_updates();
	authority_updates();
	algorithm_updates();
	mode_updates();
	content_updates();
	append_updates();
	real_updates(argv[2]);
	close_updates();
	return 0;
}
