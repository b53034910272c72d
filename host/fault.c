/* A fault, worded once, where it happens.
 */
#include <keyfit/host.h>

#include <stdarg.h>
#include <stdio.h>

void kf_fault_say(struct kf_fault *fault, const char *hint, const char *what,
		  ...)
{
	va_list args;

	if (fault->what[0])
		return;
	va_start(args, what);
	vsnprintf(fault->what, sizeof(fault->what), what, args);
	va_end(args);
	snprintf(fault->hint, sizeof(fault->hint), "%s", hint ? hint : "");
}
