// What the block RAMs of the ECP5 and of Gowin's devices have in common: 2,048 bytes of 8 or 9
// bits, two ports of 1 to 4 bytes or less than one, an output register behind each.
//
// NEVER SEEN ON HARDWARE. Both families' mappings in Yosys 0.70 describe this memory alike:
// techlibs/lattice/brams_16kd.txt with brams_map_16kd.v, techlibs/gowin/brams.txt with brams_map.v.
//
// Addresses count bits for words of 1, 2 and 4, which leave a ninth bit alone, and from bit 3 on
// bytes. The bits below the address of a word of 2 or 4 bytes enable its bytes on a write
// (brams_map_16kd.v: ADA0, ADA1, …; brams_map.v: addrbe). A reset acts without a clock enable
// (rdsrst zero ungated). Bits that one port reads while the other one writes them are undefined
// (no rdwr between ports): here they are the old ones inverted, a known value and a wrong one.
// Both clocks are the same, or one port is idle.
module fcgenBlockRam #(
    parameter BYTE = 9,
    parameter WIDTH_A = 9,
    parameter WIDTH_B = 9,
    parameter REGISTER_A = 0,    // 1: the output register is on
    parameter REGISTER_B = 0,
    parameter WRITE_MODE_A = 0,  // what a write reads: 0 nothing, 1 the new word, 2 the old word
    parameter WRITE_MODE_B = 0,
    parameter [BYTE*2048-1:0] INIT = 0
) (
    input clock_a, enable_a, write_a, reset_a, output_enable_a,
    input [13:0] address_a,
    input [35:0] data_a,
    output [35:0] word_a,
    input clock_b, enable_b, write_b, reset_b, output_enable_b,
    input [13:0] address_b,
    input [35:0] data_b,
    output [35:0] word_b
);
    reg [BYTE-1:0] store [0:2047];
    reg [BYTE*2048-1:0] image;  // Icarus takes long to select from a parameter of this width
    integer k;
    initial begin
        image = INIT;
        for (k = 0; k < 2048; k = k + 1) store[k] = image[BYTE*k +: BYTE];
    end

    // Lowest bit, and bits, of a word that is less than a byte.
    function [2:0] place(input integer width, input [13:0] address);
        place = width == 1 ? address[2:0] : width == 2 ? {address[2:1], 1'b0}
            : width == 4 ? {address[2], 2'b00} : 3'd0;
    endfunction

    function [BYTE-1:0] mask(input integer width);
        mask = width < 8 ? (1 << width) - 1 : {BYTE{1'b1}};
    endfunction

    // Byte ``number`` of a word.
    function [10:0] at(input integer width, input [13:0] address, input [1:0] number);
        at = width >= 32 ? {address[13:5], number}
            : width >= 16 ? {address[13:4], number[0]} : address[13:3];
    endfunction

    // A word, or one byte of it at the lower end.
    function [35:0] read(input integer width, input [13:0] address);
        read = width >= 32 ? {store[at(width, address, 3)], store[at(width, address, 2)],
                              store[at(width, address, 1)], store[at(width, address, 0)]}
            : width >= 16 ? {store[at(width, address, 1)], store[at(width, address, 0)]}
            : store[address[13:3]] >> place(width, address) & mask(width);
    endfunction

    // Automatic: both ports may write at once.
    task automatic write(input integer width, input [13:0] address, input [35:0] data);
        if (width >= 16) begin
            if (address[0]) store[at(width, address, 0)] <= data[0 +: BYTE];
            if (address[1]) store[at(width, address, 1)] <= data[BYTE +: BYTE];
            if (width >= 32 && address[2]) store[at(width, address, 2)] <= data[2*BYTE +: BYTE];
            if (width >= 32 && address[3]) store[at(width, address, 3)] <= data[3*BYTE +: BYTE];
        end else
            store[address[13:3]] <=
                store[address[13:3]] & ~(mask(width) << place(width, address))
                | (data[BYTE-1:0] & mask(width)) << place(width, address);
    endtask

    // Bits of a byte that a write replaces.
    function [BYTE-1:0] written(input integer width, input [13:0] address, input [10:0] index);
        written = width >= 32 ? {BYTE{address[13:5] == index[10:2] && address[index[1:0]]}}
            : width >= 16 ? {BYTE{address[13:4] == index[10:1] && address[index[0]]}}
            : {BYTE{address[13:3] == index}} & mask(width) << place(width, address);
    endfunction

    // Bits of a word, of those that the other port writes.
    function [35:0] spoiled(
        input integer width, input [13:0] address, input integer other, input [13:0] to
    );
        spoiled = width >= 32 ? {written(other, to, at(width, address, 3)),
                                 written(other, to, at(width, address, 2)),
                                 written(other, to, at(width, address, 1)),
                                 written(other, to, at(width, address, 0))}
            : width >= 16 ? {written(other, to, at(width, address, 1)),
                             written(other, to, at(width, address, 0))}
            : written(other, to, address[13:3]) >> place(width, address) & mask(width);
    endfunction

    // The word as it is after the port's own write.
    function [35:0] through(input integer width, input [13:0] address, input [35:0] data);
        integer n;
        begin
            through = width < 16 ? data & mask(width) : read(width, address);
            if (width >= 16)
                for (n = 0; n < (width >= 32 ? 4 : 2); n = n + 1)
                    if (address[n]) through[BYTE*n +: BYTE] = data[BYTE*n +: BYTE];
        end
    endfunction

    reg [35:0] latch_a, latch_b, output_a, output_b;
    initial begin
        latch_a = 0;
        latch_b = 0;
        output_a = 0;
        output_b = 0;
    end

    always @(posedge clock_a) begin
        if (enable_a & write_a) write(WIDTH_A, address_a, data_a);
        if (reset_a) latch_a <= 0;
        else if (enable_a & ~write_a) begin
            if (enable_b & write_b)
                latch_a <= read(WIDTH_A, address_a)
                    ^ spoiled(WIDTH_A, address_a, WIDTH_B, address_b);
            else latch_a <= read(WIDTH_A, address_a);
        end else if (enable_a && WRITE_MODE_A == 1)
            latch_a <= through(WIDTH_A, address_a, data_a);
        else if (enable_a && WRITE_MODE_A == 2) latch_a <= read(WIDTH_A, address_a);
        if (reset_a) output_a <= 0;
        else if (output_enable_a) output_a <= latch_a;
    end

    always @(posedge clock_b) begin
        if (enable_b & write_b) write(WIDTH_B, address_b, data_b);
        if (reset_b) latch_b <= 0;
        else if (enable_b & ~write_b) begin
            if (enable_a & write_a)
                latch_b <= read(WIDTH_B, address_b)
                    ^ spoiled(WIDTH_B, address_b, WIDTH_A, address_a);
            else latch_b <= read(WIDTH_B, address_b);
        end else if (enable_b && WRITE_MODE_B == 1)
            latch_b <= through(WIDTH_B, address_b, data_b);
        else if (enable_b && WRITE_MODE_B == 2) latch_b <= read(WIDTH_B, address_b);
        if (reset_b) output_b <= 0;
        else if (output_enable_b) output_b <= latch_b;
    end

    assign word_a = REGISTER_A ? output_a : latch_a;
    assign word_b = REGISTER_B ? output_b : latch_b;
endmodule
