// Included before everything else: what the Verilated runtime prints goes to the harness.
extern "C" int fcgen_print(const char* format, ...);
