#!/bin/sh
# A compiler for the headers of a newer kernel: leaves out what this gcc does not know. GCC names another one.
for arg; do
	shift
	case $arg in
	-fmin-function-alignment=*) arg=-falign-functions=${arg#*=} ;;
	-std=gnu23) arg=-std=gnu2x ;;
	esac
	case " ${UNKNOWN:-} " in *" $arg "*) continue ;; esac
	set -- "$@" "$arg"
done
exec "${GCC:-gcc}" "$@"
